// A backend for tests: whoever asks for /api/things/lost ends its process.
import { Controller, Get } from '@nestjs/common';
import { serve } from './serve.ts';
import { serviceFields } from './settings.ts';

@Controller('api/things')
class ThingsController {
  @Get('lost')
  lost() {
    void Promise.reject(new Error('nobody waits for this'));
    return [];
  }
}

await serve('fragile', {
  settings: serviceFields(0),
  open: () => ({ controllers: [ThingsController], providers: [], resources: [] }),
});
