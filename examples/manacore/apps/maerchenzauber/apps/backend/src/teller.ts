// Tells a fairy tale; the same order gets the same tale.
import { createHash } from 'node:crypto';
import type { Order } from '@maerchenzauber/contract';

const PLACES = ['behind the seven hills', 'in a mill without a miller', 'where the forest begins to whisper'];
const HELPERS = ['a fox who could count', 'a lamp that was afraid of the dark', 'an old woman with a key for every door'];
const PRICES = ['a song', 'three honest answers', 'the promise to come back'];

export function tell({ hero, wish }: Order): string {
  const [place, helper, price] = [PLACES, HELPERS, PRICES].map((choices, turn) => choose(choices, `${turn}:${hero}:${wish}`));
  return (
    `Once upon a time, ${place}, there lived ${hero}, who wished for nothing so much as ${wish}. ` +
    `One evening ${helper} knocked at the door and asked for ${price}. ${hero} gave it gladly. ` +
    `In the morning the wish had come true, and whoever does not believe it may go and ask.`
  );
}

function choose(choices: string[], seed: string): string {
  return choices[createHash('sha256').update(seed).digest()[0]! % choices.length]!;
}
