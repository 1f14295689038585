// /metrics: Prometheus counters of the process and of every request, which are logged on the way. They are for the network
// inside: what comes through the proxy, which names its client, finds none.
import type { Database } from '@manacore/shared-database';
import type { Logger } from '@manacore/shared-logger';
import { Controller, Get, Header, Headers, Inject, NotFoundException } from '@nestjs/common';
import { SkipThrottle } from '@nestjs/throttler';
import type { Request, RequestHandler } from 'express';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** The token of the service's prom-client registry. */
export const METRICS = Symbol('metrics');

const LABELS = ['method', 'route', 'status_code'] as const;
const QUIET_ROUTES = new Set(['/api/health', '/api/health/live', '/metrics']);

export function createRegistry(service: string): Registry {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  collectDefaultMetrics({ register: registry });
  return registry;
}

/** The route's pattern, not its path: label values must be few. */
function routeOf(request: Request): string {
  return (request.route as { path?: string } | undefined)?.path ?? 'unknown';
}

export function observeRequests(registry: Registry, logger: Logger): RequestHandler {
  const common = { labelNames: LABELS, registers: [registry] };
  const total = new Counter({ name: 'http_requests_total', help: 'Requests answered.', ...common });
  const duration = new Histogram({ name: 'http_request_duration_seconds', help: 'Time to answer a request.', ...common });
  const open = new Gauge({ name: 'http_requests_open', help: 'Requests that are being answered.', registers: [registry] });
  return (request, response, next) => {
    const start = performance.now();
    open.inc();
    response.once('close', () => open.dec());
    response.once('finish', () => {
      const milliseconds = performance.now() - start;
      const labels = { method: request.method, route: routeOf(request), status_code: String(response.statusCode) };
      total.inc(labels);
      duration.observe(labels, milliseconds / 1000);
      const log = QUIET_ROUTES.has(labels.route) ? logger.debug : logger.info;
      log('request', { ...labels, duration: `${milliseconds.toFixed(1)}ms` });
    });
    next();
  };
}

/** What a database's pool and its queries look like from this service. */
export function observeDatabase(registry: Registry, database: Pick<Database, 'connections' | 'onQuery'>): void {
  const seconds = new Histogram({
    name: 'db_query_duration_seconds',
    help: 'Time of a query, waiting for a connection included.',
    buckets: [0.001, 0.005, 0.01, 0.05, 0.1, 0.2, 0.5, 1, 5],
    registers: [registry],
  });
  database.onQuery((taken) => seconds.observe(taken));
  new Gauge({
    name: 'db_pool_connections',
    help: 'Connections that are idle or active, requests that wait for one, and the most there may be.',
    labelNames: ['state'],
    registers: [registry],
    collect() {
      for (const [state, count] of Object.entries(database.connections())) this.set({ state }, count);
    },
  });
}

@SkipThrottle()
@Controller('metrics')
export class MetricsController {
  constructor(@Inject(METRICS) private readonly registry: Registry) {}

  @Get()
  @Header('Content-Type', Registry.PROMETHEUS_CONTENT_TYPE)
  metrics(@Headers('x-forwarded-for') forwarded?: string): Promise<string> {
    if (forwarded !== undefined) throw new NotFoundException();
    return this.registry.metrics();
  }
}
