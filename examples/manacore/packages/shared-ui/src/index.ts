// Svelte components of the web apps.
export { default as Button } from './Button.svelte';
export { default as Feed } from './Feed.svelte';
export { default as Field } from './Field.svelte';
export { default as RecordsPage } from './RecordsPage.svelte';
export { default as Shell } from './Shell.svelte';
export type { FeedEntry } from './feed.ts';
