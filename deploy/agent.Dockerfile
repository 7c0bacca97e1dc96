# The avatar agent. Build from the repository root: docker build -f deploy/agent.Dockerfile .
# Debian, not Alpine: LiveKit's and ONNX Runtime's native parts are built for glibc.
FROM node:20.19.5-bookworm-slim AS manifests
WORKDIR /app
# ONNX Runtime's CPU library is inside its package; the install script would fetch the CUDA one.
ENV ONNXRUNTIME_NODE_INSTALL=skip
# The lockfile is about all workspaces, so npm wants to see each of them; nothing of the others is installed.
COPY package.json package-lock.json .npmrc ./
COPY agent/package.json agent/
COPY web/package.json web/
COPY e2e/package.json e2e/
COPY bench/package.json bench/
COPY eval/package.json eval/

FROM manifests AS build
RUN npm ci --workspace agent --include-workspace-root
COPY tsconfig.base.json ./
COPY agent agent
RUN npm run build -w agent

FROM manifests AS packages
# Other systems' runtimes are 240 of ONNX Runtime's 290 MB; types and source maps are 100 MB of the rest.
RUN npm ci --workspace agent --omit=dev \
  && find node_modules/onnxruntime-node/bin -mindepth 3 -maxdepth 3 ! -path "*/linux/$(node -p process.arch)" -exec rm -r {} + \
  && find . -path '*/node_modules/*' -type f \( -name '*.map' -o -name '*.d.ts' -o -name '*.d.cts' -o -name '*.d.mts' \) -delete

FROM node:20.19.5-bookworm-slim
# ffmpeg prepares avatars from own videos; ca-certificates for wss:// to a LiveKit elsewhere.
# Debian keeps only the newest build of each package, so a pinned version would stop building within weeks.
# Mesa's drivers and their compiler (160 MB) come with ffmpeg and would serve a screen only.
# hadolint ignore=DL3008
RUN apt-get update \
  && apt-get install -y --no-install-recommends ca-certificates ffmpeg \
  && rm -rf /var/lib/apt/lists/* /usr/lib/*/libLLVM* /usr/lib/*/libz3* /usr/lib/*/dri \
  && ffmpeg -version > /dev/null
WORKDIR /app
# MALLOC_ARENA_MAX: glibc keeps an arena per thread otherwise, more than twice the memory after 100 sessions.
ENV NODE_ENV=production MALLOC_ARENA_MAX=2
COPY --from=packages /app/node_modules node_modules
# Its manifest, and packages of which other workspaces use another version.
COPY --from=packages /app/agent agent
COPY --from=build /app/agent/dist agent/dist
COPY package.json ./
COPY models/lite models/lite
COPY models/face models/face
COPY avatars avatars
COPY configs configs
RUN mkdir -p /var/cache/live-avatar data && chown node:node /var/cache/live-avatar
USER node
EXPOSE 8090
CMD ["node", "--enable-source-maps", "agent/dist/main.js"]
