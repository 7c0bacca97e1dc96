import { join } from 'node:path';
import type { NextConfig } from 'next';

// The page is self-hosted and often offline: the framework must not report anywhere.
process.env.NEXT_TELEMETRY_DISABLED ??= '1';

const config: NextConfig = {
  poweredByHeader: false,
  reactStrictMode: true,
  // The contract between page and agent is TypeScript source in a sibling workspace.
  transpilePackages: ['@live-avatar/agent'],
  turbopack: { root: join(import.meta.dirname, '..') },
  outputFileTracingRoot: join(import.meta.dirname, '..'),
  // Because of proxy.ts the framework keeps request bodies in memory, cut off at this; no route reads more than 64 kB.
  experimental: { proxyClientMaxBodySize: 131_072 },
  // The container image takes a server with only the files it uses (deploy/web.Dockerfile).
  ...(process.env['WEB_STANDALONE'] === '1' && { output: 'standalone' as const }),
};

export default config;
