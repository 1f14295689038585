// Starts a service, and stops it when it is told to.
import 'reflect-metadata';
import type { TokenVerifier } from '@manacore/shared-auth';
import { createLogger, createReport, createTell, endByUncaught, environmentName, type Logger, type Report } from '@manacore/shared-logger';
import type { Resource } from '@manacore/shared-types';
import { readSettings, type Field, type Settings } from '@manacore/shared-utils';
import { Module, type DynamicModule, type Provider, type Type } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { ThrottlerGuard, ThrottlerModule } from '@nestjs/throttler';
import type { Registry } from 'prom-client';
import { corsOptions } from './cors.ts';
import { ErrorFilter } from './errors.ts';
import { HealthController, RESOURCES, SERVICE_NAME } from './health.ts';
import { identify } from './identity.ts';
import { createRegistry, METRICS, MetricsController, observeRequests } from './metrics.ts';
import { nestLogger } from './nest-logger.ts';
import { securityHeaders } from './security.ts';
import type { ServiceSettings } from './settings.ts';

/** What a service adds to what all have. */
export interface Service {
  controllers: Type[];
  providers: Provider[];
  /** What is pinged for health and closed at the end. */
  resources: Resource[];
  /** What its metrics tell besides requests and the process. */
  observe?(registry: Registry): void;
  verifier?: TokenVerifier | undefined;
}

/** How a service is made from the settings that it names. */
export interface Plan<Fields extends Record<keyof ServiceSettings, Field<unknown>>> {
  settings: Fields;
  open(settings: Settings<Fields>, logger: Logger): Service;
}

/** Longer than any request should take, shorter than the ten seconds an engine waits before it kills. */
const GRACE = 8000;

@Module({})
class ServiceModule {}

/** Reads the settings, opens the service and serves it until SIGTERM or SIGINT; a start that fails exits with 1. */
export async function serve<Fields extends Record<keyof ServiceSettings, Field<unknown>>>(
  name: string,
  plan: Plan<Fields>,
): Promise<void> {
  try {
    const settings = readSettings(process.env, plan.settings);
    const common = settings as ServiceSettings;
    const logger = createLogger({ service: name, environment: common.environment, level: common.logLevel });
    const report = createReport(common.sentryDsn, { service: name, environment: common.environment });
    endByUncaught(createTell(logger, report));
    const service = plan.open(settings, logger);
    const app = await createApp(name, { service, settings: common, logger, report });
    await app.listen(common.port, '0.0.0.0');
    logger.info('listening', { port: common.port });
    stopOnSignal(app, { service, logger });
  } catch (error) {
    createLogger({ service: name, environment: environmentName() }).error((error as Error).message);
    process.exit(1);
  }
}

interface Parts {
  service: Service;
  settings: ServiceSettings;
  logger: Logger;
  report: Report;
}

export async function createApp(name: string, { service, settings, logger, report }: Parts): Promise<NestExpressApplication> {
  const registry = createRegistry(name);
  service.observe?.(registry);
  const module: DynamicModule = {
    module: ServiceModule,
    imports: [ThrottlerModule.forRoot([{ ttl: settings.throttleSeconds * 1000, limit: settings.throttleLimit }])],
    controllers: [HealthController, MetricsController, ...service.controllers],
    providers: [
      { provide: SERVICE_NAME, useValue: name },
      { provide: RESOURCES, useValue: service.resources },
      { provide: METRICS, useValue: registry },
      { provide: APP_GUARD, useClass: ThrottlerGuard },
      { provide: APP_FILTER, useValue: new ErrorFilter(createTell(logger, report)) },
      ...service.providers,
    ],
  };
  // Without abortOnError: false Nest would end the process itself, before the reason is logged.
  const app = await NestFactory.create<NestExpressApplication>(module, { logger: nestLogger(logger), abortOnError: false });
  app.set('trust proxy', settings.trustedProxies);
  app.use(observeRequests(registry, logger), ...securityHeaders());
  app.enableCors(corsOptions(settings.corsOrigins));
  app.use(identify(service.verifier));
  return app;
}

/** As the first process of a container a service gets no default action for signals, so it exits by itself. */
function stopOnSignal(app: NestExpressApplication, { service, logger }: Pick<Parts, 'service' | 'logger'>): void {
  const stop = async (signal: NodeJS.Signals) => {
    logger.info('stopping', { signal });
    setTimeout(() => process.exit(1), GRACE).unref();
    await app.close();
    await Promise.allSettled(service.resources.map((resource) => resource.close()));
    process.exit(0);
  };
  process.once('SIGTERM', stop).once('SIGINT', stop);
}
