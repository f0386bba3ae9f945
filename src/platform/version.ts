declare const HERMES_BUILD_VERSION: string | undefined;

/** The version that was built; `development` when run from the sources. */
export const version: string =
  typeof HERMES_BUILD_VERSION === "string" ? HERMES_BUILD_VERSION : "development";
