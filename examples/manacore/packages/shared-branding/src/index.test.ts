import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brands, brandStyle } from './index.ts';

function luminance(colour: string): number {
  const channels = [1, 3, 5].map((start) => Number.parseInt(colour.slice(start, start + 2), 16) / 255);
  const [red, green, blue] = channels.map((value) => (value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
}

test('text can be read on every brand (WCAG AA: a contrast of 4.5)', () => {
  for (const { name, colour, onColour } of Object.values(brands)) {
    const [dark, light] = [luminance(colour), luminance(onColour)].sort((a, b) => a - b) as [number, number];
    assert.ok((light + 0.05) / (dark + 0.05) >= 4.5, name);
  }
});

test('a brand becomes CSS custom properties', () => {
  assert.equal(brandStyle(brands.chat), '--brand: #0f766e; --on-brand: #ffffff');
});
