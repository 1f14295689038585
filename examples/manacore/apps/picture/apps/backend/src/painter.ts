// Draws a picture from words: shapes whose places, sizes and colours follow from each word. The same words give the same picture.
import { createHash } from 'node:crypto';

const SIZE = 512;

/** An SVG document. */
export function paint(prompt: string): string {
  const shapes = (prompt.toLowerCase().match(/\p{L}+/gu) ?? []).map(circle).join('');
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${SIZE} ${SIZE}"><rect width="100%" height="100%" fill="#fafaf9"/>${shapes}</svg>`;
}

function circle(word: string, index: number): string {
  const [x, y, radius, hue] = createHash('sha256').update(`${index}:${word}`).digest();
  const place = (part: number) => Math.round((part / 255) * SIZE);
  return `<circle cx="${place(x!)}" cy="${place(y!)}" r="${24 + Math.round(radius! / 3)}" fill="hsl(${Math.round((hue! / 255) * 360)} 70% 55%)" fill-opacity="0.7"/>`;
}
