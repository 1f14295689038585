// Who is asking: read from the bearer token once per request.
import { bearerToken, type TokenVerifier } from '@manacore/shared-auth';
import { AppError } from '@manacore/shared-errors';
import type { User } from '@manacore/shared-types';
import { createParamDecorator, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { Request, RequestHandler } from 'express';

type Identified = Request & { user?: User };

/** No token is nobody; a token that does not hold is an error. */
export function identify(verify: TokenVerifier | undefined): RequestHandler {
  return async (request: Identified, _response, next) => {
    const token = bearerToken(request.headers.authorization);
    if (!token) return next();
    try {
      if (!verify) throw new AppError('unauthorized', 'This service knows no way to check access tokens.');
      // Express' word for the client, which believes no more proxies than the service trusts.
      request.user = await verify(token, request.ip);
      next();
    } catch (error) {
      next(error);
    }
  };
}

function userOf(context: ExecutionContext): User | undefined {
  return context.switchToHttp().getRequest<Identified>().user;
}

/** The parameter that receives the user; undefined when nobody signed in. */
export const CurrentUser = createParamDecorator((_: unknown, context: ExecutionContext) => userOf(context));

/** The guard of what needs a user. */
@Injectable()
export class SignedIn implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    if (!userOf(context)) throw new AppError('unauthorized', 'Sign in first.');
    return true;
  }
}
