# The avatar agent. Build from the repository root: docker build -f deploy/agent.Dockerfile .
# Debian, not Alpine: LiveKit's and ONNX Runtime's native parts are built for glibc.
FROM node:20-bookworm-slim AS build
WORKDIR /app
# ONNX Runtime's CPU library is inside its package; the install script would fetch the CUDA one.
ENV ONNXRUNTIME_NODE_INSTALL=skip
COPY package.json package-lock.json .npmrc ./
COPY agent/package.json agent/
COPY web/package.json web/
COPY e2e/package.json e2e/
COPY bench/package.json bench/
COPY eval/package.json eval/
RUN npm ci --workspace agent --include-workspace-root
COPY tsconfig.base.json ./
COPY agent agent
RUN npm run build -w agent

FROM node:20-bookworm-slim AS packages
WORKDIR /app
ENV ONNXRUNTIME_NODE_INSTALL=skip
COPY package.json package-lock.json .npmrc ./
COPY agent/package.json agent/
COPY web/package.json web/
COPY e2e/package.json e2e/
COPY bench/package.json bench/
COPY eval/package.json eval/
# Other systems' runtimes are 240 of ONNX Runtime's 290 MB.
RUN npm ci --workspace agent --omit=dev \
  && find node_modules/onnxruntime-node/bin -mindepth 2 -maxdepth 2 ! -name linux -exec rm -r {} +

FROM node:20-bookworm-slim
# ffmpeg prepares avatars from own videos; ca-certificates for wss:// to a LiveKit elsewhere.
RUN apt-get update \
  && apt-get install -y --no-install-recommends ca-certificates ffmpeg \
  && rm -rf /var/lib/apt/lists/*
WORKDIR /app
# MALLOC_ARENA_MAX: glibc keeps an arena per thread otherwise, more than twice the memory after 100 sessions.
ENV NODE_ENV=production MALLOC_ARENA_MAX=2
COPY --from=packages /app/node_modules node_modules
COPY --from=build /app/agent/dist agent/dist
COPY package.json ./
COPY agent/package.json agent/
COPY models models
COPY avatars avatars
COPY configs configs
RUN mkdir -p /var/cache/live-avatar && chown node:node /var/cache/live-avatar
USER node
EXPOSE 8090
CMD ["node", "--enable-source-maps", "agent/dist/main.js"]
