// /metrics: Prometheus counters of the process and of every request, which are logged on the way.
import type { Logger } from '@manacore/shared-logger';
import { Controller, Get, Header, Inject } from '@nestjs/common';
import { SkipThrottle } from '@nestjs/throttler';
import type { Request, RequestHandler } from 'express';
import { collectDefaultMetrics, Counter, Histogram, Registry } from 'prom-client';

/** The token of the service's prom-client registry. */
export const METRICS = Symbol('metrics');

const LABELS = ['method', 'route', 'status_code'] as const;
const QUIET_ROUTES = new Set(['/api/health', '/metrics']);

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
  return (request, response, next) => {
    const start = performance.now();
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

@SkipThrottle()
@Controller('metrics')
export class MetricsController {
  constructor(@Inject(METRICS) private readonly registry: Registry) {}

  @Get()
  @Header('Content-Type', Registry.PROMETHEUS_CONTENT_TYPE)
  metrics(): Promise<string> {
    return this.registry.metrics();
  }
}
