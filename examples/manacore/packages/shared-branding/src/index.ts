// What a product looks like: its name and colours, and the measures that all share.

export interface Brand {
  name: string;
  tagline: string;
  /** The product's own colour, as #rrggbb. */
  colour: string;
}

/** Measures and colours that all products share; lengths are in CSS pixels. */
export const theme = {
  space: 8,
  radius: 8,
  width: 672,
  muted: '#6b7280',
  mistake: '#b91c1c',
  font: 'system-ui, sans-serif',
} as const;

/** Black or white, whichever can be read on a colour; the contrast of the better one is never below 4.5 (WCAG AA). */
export function readableOn(colour: string): string {
  const onWhite = 1.05 / (luminance(colour) + 0.05);
  const onBlack = (luminance(colour) + 0.05) / 0.05;
  return onWhite >= onBlack ? '#ffffff' : '#000000';
}

/** How bright a colour is, from 0 to 1, by WCAG's formula. */
export function luminance(colour: string): number {
  const channels = [1, 3, 5].map((start) => Number.parseInt(colour.slice(start, start + 2), 16) / 255);
  const [red, green, blue] = channels.map((value) => (value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
}

/** Brand and theme as CSS custom properties, for a style attribute. */
export function brandStyle({ colour }: Brand): string {
  return `--brand: ${colour}; --on-brand: ${readableOn(colour)}; --space: ${theme.space}px; --radius: ${theme.radius}px; --muted: ${theme.muted}; --mistake: ${theme.mistake}`;
}
