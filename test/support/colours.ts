import { table } from './table.ts';

/** Linear red, green and blue, each 0 to 1. */
export type Colour = readonly [number, number, number];

/** How eyes see a colour, by Machado, Oliveira and Fernandes (2009), severity 1. */
export const eyes = table<Readonly<Record<string, readonly Colour[]>>>('colours', 'eyes');

/** The colour of `#rrggbb`. */
export function colourOf(hex: string): Colour {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return [red, green, blue];
}

/** A colour as `rows`, one of `eyes`, see it. */
export function mixed(rows: readonly Colour[], [red, green, blue]: Colour): Colour {
  const [a = 0, b = 0, c = 0] = rows.map((row) => row[0] * red + row[1] * green + row[2] * blue);
  return [a, b, c];
}

const toXyz: readonly Colour[] = [
  [0.4124 / 0.9505, 0.3576 / 0.9505, 0.1805 / 0.9505],
  [0.2126, 0.7152, 0.0722],
  [0.0193 / 1.089, 0.1192 / 1.089, 0.9505 / 1.089],
];

/** CIE 1976: two colours that are 2.3 apart can just be told apart. */
export function distance(one: Colour, other: Colour): number {
  const [a, b] = [one, other].map((colour) => {
    const [x, y, z] = mixed(toXyz, colour).map((part) =>
      part > 0.008856 ? Math.cbrt(part) : 7.787 * part + 16 / 116,
    ) as [number, number, number];
    return [116 * y, 500 * (x - y), 200 * (y - z)];
  });
  return Math.hypot(...(a ?? []).map((part, i) => part - (b?.[i] ?? 0)));
}

/** The contrast of two colours as WCAG 2.2 defines it, 1 to 21. */
export function contrast(one: Colour, other: Colour): number {
  const [less = 0, more = 0] = [one, other].map((colour) => mixed(toXyz, colour)[1]).toSorted((a, b) => a - b);
  return (more + 0.05) / (less + 0.05);
}
