# The reviewd binary on a small glibc system with git. One image for every role: the argument picks it.
FROM oven/bun:1.4.5 AS build
WORKDIR /build
COPY package.json bun.lock ./
COPY patches/ patches/
RUN bun install --frozen-lockfile --production --ignore-scripts
COPY tsconfig.json ./
COPY drizzle/ drizzle/
COPY src/ src/
RUN bun run build

FROM debian:13-slim
# git is what a review reads the pull request with; it must be 2.39 or newer, which every Debian since 12 has.
RUN apt-get update \
  && apt-get install --yes --no-install-recommends ca-certificates git \
  && rm -rf /var/lib/apt/lists/*
COPY --from=build /build/dist/reviewd /usr/local/bin/reviewd
COPY LICENSE /usr/share/doc/reviewd/LICENSE
# Numeric, so that Kubernetes can tell that it is not root. Only /tmp needs to be writable.
USER 65532:65532
WORKDIR /tmp
EXPOSE 8080 9090
ENTRYPOINT ["/usr/local/bin/reviewd"]
CMD ["--help"]
