// /api/health: whether the service and all that it needs are usable; /api/health/live: whether its process still answers.
import type { HealthReport, Resource } from '@manacore/shared-types';
import { Controller, Get, Inject, Res } from '@nestjs/common';
import { SkipThrottle } from '@nestjs/throttler';
import type { Response } from 'express';

export const SERVICE_NAME = Symbol('service name');
export const RESOURCES = Symbol('resources');

const PATIENCE = 3000;

/** Pings all at the same time; one that does not answer within `patience` milliseconds is down. */
export async function checkHealth(service: string, resources: Resource[], patience = PATIENCE): Promise<HealthReport> {
  const states = await Promise.all(resources.map((resource) => checkResource(resource, patience)));
  const checks = Object.fromEntries(resources.map((resource, index) => [resource.name, states[index]!]));
  const isFailing = resources.some((resource, index) => resource.isNeeded && states[index] === 'down');
  return { status: isFailing ? 'failing' : 'ok', service, checks };
}

async function checkResource(resource: Resource, patience: number): Promise<'up' | 'down'> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<'down'>((resolve) => {
    timer = setTimeout(() => resolve('down'), patience);
  });
  const answer = resource.ping().then(
    () => 'up' as const,
    () => 'down' as const,
  );
  return Promise.race([answer, tooLate]).finally(() => clearTimeout(timer));
}

@SkipThrottle()
@Controller('api/health')
export class HealthController {
  constructor(
    @Inject(SERVICE_NAME) private readonly service: string,
    @Inject(RESOURCES) private readonly resources: Resource[],
  ) {}

  @Get()
  async health(@Res({ passthrough: true }) response: Response): Promise<HealthReport> {
    const report = await checkHealth(this.service, this.resources);
    response.status(report.status === 'ok' ? 200 : 503);
    return report;
  }

  /** Asks nobody else: whoever starts a process anew for this brings no lost database back by it. */
  @Get('live')
  live(): Pick<HealthReport, 'status' | 'service'> {
    return { status: 'ok', service: this.service };
  }
}
