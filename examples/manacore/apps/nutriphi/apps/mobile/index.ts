// The nutriphi app.
import { openApp } from '@manacore/shared-mobile';
import { brand, parseNewMeal, type MealList } from '@nutriphi/contract';

openApp<MealList>({
  brand,
  port: 3007,
  path: '/api/meals',
  fields: [
    { name: 'name', label: 'What did you eat?' },
    { name: 'protein', label: 'Protein, in grams' },
    { name: 'carbohydrates', label: 'Carbohydrates, in grams' },
    { name: 'fat', label: 'Fat, in grams' },
  ],
  parse: parseNewMeal,
  entries: ({ meals }) => meals.map(({ id, name, kilocalories }) => ({ id, title: name, text: `${kilocalories} kcal` })),
});
