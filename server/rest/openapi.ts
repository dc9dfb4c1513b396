/**
 * The description of the API: `docs/openapi.json`.
 *
 * @module
 */
import description from "../../docs/openapi.json" with { type: "json" };

/** The description, of OpenAPI 3.1. */
export const OPENAPI: Record<string, unknown> = description;
