// The languages of the products, and the words that all of them use.
export { chooseLocale, LOCALES, type Locale } from './locale.ts';
export { timeAgo } from './time.ts';
export { words, type Words } from './words.ts';
