// How much energy is in a meal, by Atwater's factors: kilocalories in a gram.
import type { Nutrients } from '@nutriphi/contract';

const PER_GRAM: Nutrients = { protein: 4, carbohydrates: 4, fat: 9 };

export function kilocaloriesOf({ protein, carbohydrates, fat }: Nutrients): number {
  return Math.round(protein * PER_GRAM.protein + carbohydrates * PER_GRAM.carbohydrates + fat * PER_GRAM.fat);
}
