/** The words of a page, tags left out. */
export function wordsOfPage(page: string): string {
  return page
    .replace(/<title>.*?<\/title>|<head>.*?<\/head>/gs, '')
    .replace(/<[^>]+>/g, '')
    .replace(/\s+/g, ' ');
}
