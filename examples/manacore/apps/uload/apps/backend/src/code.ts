// The codes of links: short, and without signs that look like others.
import { randomInt } from 'node:crypto';

const SIGNS = '23456789abcdefghjkmnpqrstuvwxyz';
const LENGTH = 7;

/** 31 to the power of 7 is 27 thousand million: the table refuses the one that was given already. */
export function newCode(): string {
  return Array.from({ length: LENGTH }, () => SIGNS[randomInt(SIGNS.length)]).join('');
}

export function isCode(text: string): boolean {
  return text.length === LENGTH && [...text].every((sign) => SIGNS.includes(sign));
}
