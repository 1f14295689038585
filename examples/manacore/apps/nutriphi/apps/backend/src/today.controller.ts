// /api/today: what was eaten since midnight.
import type { Day } from '@nutriphi/contract';
import type { Database } from '@manacore/shared-database';
import { DATABASE } from '@manacore/shared-nest';
import { Controller, Get, Inject } from '@nestjs/common';
import { count, gte, sum } from 'drizzle-orm';
import { meals } from './schema.ts';

@Controller('api/today')
export class TodayController {
  constructor(@Inject(DATABASE) private readonly orm: Database['orm']) {}

  @Get()
  async today(): Promise<Day> {
    const midnight = new Date(new Date().setUTCHours(0, 0, 0, 0));
    const total = { meals: count(), kilocalories: sum(meals.kilocalories) };
    const [day] = await this.orm.select(total).from(meals).where(gte(meals.createdAt, midnight));
    return { meals: day!.meals, kilocalories: Number(day!.kilocalories ?? 0) };
  }
}
