// What a memo is about, told from its own words.
import { excerpt } from '@manacore/shared-utils';

const LONGEST_TITLE = 60;
const LEAST_LETTERS = 5;
const MOST_KEYWORDS = 5;

/** Its first sentence, or the beginning of it. */
export function titleOf(text: string): string {
  const [sentence = text] = text.split(/(?<=[.!?])\s|\n/);
  return excerpt(sentence.trim(), LONGEST_TITLE);
}

/** The long words that come most often; among equals, those that come first. */
export function keywordsOf(text: string): string[] {
  const counts = new Map<string, number>();
  for (const word of text.toLowerCase().match(/\p{L}+/gu) ?? []) {
    if (word.length >= LEAST_LETTERS) counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  const byCount = [...counts].sort(([, one], [, other]) => other - one);
  return byCount.slice(0, MOST_KEYWORDS).map(([word]) => word);
}
