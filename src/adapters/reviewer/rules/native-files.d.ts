/** Imports of native files with `{ type: "file" }` give a path: on disk from sources, in the bundle when compiled. */
declare module "*.so" {
  const path: string;
  export default path;
}

declare module "*.node" {
  const path: string;
  export default path;
}

declare module "*.wasm" {
  const path: string;
  export default path;
}
