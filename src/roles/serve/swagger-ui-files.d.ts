/** Imports of Swagger UI's files with `{ type: "file" }` give a path: on disk from sources, in the binary when compiled. */
declare module "swagger-ui-dist/swagger-ui-bundle.js" {
  const path: string;
  export default path;
}

declare module "swagger-ui-dist/swagger-ui.css" {
  const path: string;
  export default path;
}
