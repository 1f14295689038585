// Opens an app: the one call of its index.ts.
import { registerRootComponent } from 'expo';
import type { MobileProduct } from './product.ts';
import { RecordsScreen } from './RecordsScreen.tsx';

export function openApp<Records>(product: MobileProduct<Records>): void {
  registerRootComponent(() => <RecordsScreen product={product} />);
}
