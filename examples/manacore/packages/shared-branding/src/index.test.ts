import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brandStyle, luminance, readableOn } from './index.ts';

test('text can be read on every colour (WCAG AA: a contrast of 4.5)', () => {
  for (const colour of ['#000000', '#0f766e', '#767676', '#7f7f7f', '#ff0000', '#ffcc00', '#ffffff']) {
    const [dark, light] = [luminance(colour), luminance(readableOn(colour))].sort((one, other) => one - other) as [number, number];
    assert.ok((light + 0.05) / (dark + 0.05) >= 4.5, colour);
  }
});

test('a brand becomes CSS custom properties', () => {
  const chat = { name: 'ManaChat', tagline: 'Talk.', colour: '#0f766e' };
  assert.match(brandStyle(chat), /^--brand: #0f766e; --on-brand: #ffffff; --space: 8px;/);
});
