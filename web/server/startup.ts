/** What must hold before the page's server answers anybody. */
import { AvatarError } from '@live-avatar/agent/errors';
import { exposureProblem } from './access-settings.ts';
import {
  isPublicUrlSecure,
  readAccess,
  readAccessEnvironment,
  readCorsOrigins,
  readMaxPeople,
  readMetricsAddress,
  readRecording,
  readTrustedProxies,
} from './settings.ts';

/** Read every setting that guards the service. @throws AvatarError CONFIG_INVALID when one is wrong or too open. */
export function requireSafeSettings(): void {
  const problem = exposureProblem(readAccessEnvironment());
  if (problem !== undefined) throw new AvatarError('CONFIG_INVALID', problem);
  readAccess();
  readTrustedProxies();
  readCorsOrigins();
  readMaxPeople();
  readMetricsAddress();
  readRecording();
  isPublicUrlSecure();
}
