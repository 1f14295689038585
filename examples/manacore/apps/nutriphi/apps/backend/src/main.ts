// Starts the nutriphi API.
import { parseNewMeal } from '@nutriphi/contract';
import { backend, collection, serve } from '@manacore/shared-nest';
import { kilocaloriesOf } from './energy.ts';
import * as schema from './schema.ts';
import { TodayController } from './today.controller.ts';

const meals = collection('meals', { table: schema.meals, parse: parseNewMeal, make: (meal) => ({ ...meal, kilocalories: kilocaloriesOf(meal) }) });

await serve('nutriphi-backend', backend({ port: 3007, schema, controllers: [meals, TodayController] }));
