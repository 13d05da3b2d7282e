declare module 'd3-scale-chromatic' {
  export function interpolateCividis(share: number): string;
}

declare module '*.css';
