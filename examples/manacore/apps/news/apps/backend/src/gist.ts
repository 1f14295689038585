// What is kept of an article's text: its beginning, and how long it takes to read. The text itself stays where it was published.
import { excerpt } from '@manacore/shared-utils';

const BEGINNING = 280;
const WORDS_A_MINUTE = 220;

export function gistOf(text: string): { beginning: string; minutes: number } {
  const words = text.split(/\s+/).filter(Boolean).length;
  return { beginning: excerpt(text, BEGINNING), minutes: Math.max(1, Math.ceil(words / WORDS_A_MINUTE)) };
}
