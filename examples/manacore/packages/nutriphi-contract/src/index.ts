// What the nutriphi backend and its clients say to each other, and how it is checked on both sides.
import { number, shape, words } from '@manacore/shared-api';
import type { Stored } from '@manacore/shared-types';

export { brand } from './brand.ts';

export const NAME_LIMIT = 120;

const grams = number({ least: 0, most: 1000 });

export const parseNewMeal = shape({ name: words(NAME_LIMIT), protein: grams, carbohydrates: grams, fat: grams });

/** What a meal holds, in grams. */
export interface Nutrients {
  protein: number;
  carbohydrates: number;
  fat: number;
}

export interface Meal extends Stored, Nutrients {
  name: string;
  kilocalories: number;
}

/** Newest first. */
export interface MealList {
  meals: Meal[];
}

/** All that was eaten since midnight in UTC. */
export interface Day {
  meals: number;
  kilocalories: number;
}
