// Names and colours of the products.

export interface Brand {
  name: string;
  tagline: string;
  /** CSS colours: the product's own, and text that can be read on it. */
  colour: string;
  onColour: string;
}

export const brands = {
  manacore: { name: 'Manacore', tagline: 'One account for everything.', colour: '#4338ca', onColour: '#ffffff' },
  chat: { name: 'ManaChat', tagline: 'Talk to people and models.', colour: '#0f766e', onColour: '#ffffff' },
} satisfies Record<string, Brand>;

/** The brand as CSS custom properties, for a style attribute. */
export function brandStyle(brand: Brand): string {
  return `--brand: ${brand.colour}; --on-brand: ${brand.onColour}`;
}
