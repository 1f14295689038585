// The whole of an Expo app but its product's own words: `openApp` shows a product's records and adds to them.
export { openApp } from './open.tsx';
export type { MobileProduct } from './product.ts';
