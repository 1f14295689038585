// /api/products: which products have something to tell, and how much.
import type { Database } from '@manacore/shared-database';
import { DATABASE } from '@manacore/shared-nest';
import { Controller, Get, Inject } from '@nestjs/common';
import { count } from 'drizzle-orm';
import { notices } from './schema.ts';

@Controller('api/products')
export class ProductsController {
  constructor(@Inject(DATABASE) private readonly orm: Database['orm']) {}

  @Get()
  async list(): Promise<{ products: { product: string; notices: number }[] }> {
    const { product } = notices;
    return { products: await this.orm.select({ product, notices: count() }).from(notices).groupBy(product).orderBy(product) };
  }
}
