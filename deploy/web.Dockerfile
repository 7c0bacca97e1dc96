# The page and its API routes. Build from the repository root: docker build -f deploy/web.Dockerfile .
FROM node:20.19.5-bookworm-slim AS build
WORKDIR /app
ENV ONNXRUNTIME_NODE_INSTALL=skip NEXT_TELEMETRY_DISABLED=1
COPY package.json package-lock.json .npmrc ./
COPY agent/package.json agent/
COPY web/package.json web/
COPY e2e/package.json e2e/
COPY bench/package.json bench/
COPY eval/package.json eval/
RUN npm ci --workspace web --include-workspace-root
COPY tsconfig.base.json ./
# The contract between page and agent is TypeScript source.
COPY agent/src agent/src
COPY web web
# A server with only the files it uses, instead of all of node_modules.
RUN WEB_STANDALONE=1 npm run build -w web

FROM node:20.19.5-bookworm-slim
WORKDIR /app
ENV NODE_ENV=production NEXT_TELEMETRY_DISABLED=1 HOSTNAME=0.0.0.0 PORT=3000
COPY --from=build /app/web/.next/standalone ./
COPY --from=build /app/web/.next/static web/.next/static
# Where the framework caches; the root is read-only then, this is memory.
RUN mkdir -p web/.next/cache && chown node:node web/.next/cache
USER node
EXPOSE 3000
CMD ["node", "web/server.js"]
