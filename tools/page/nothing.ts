/**
 * In place of files that only programs load, and only when they need them. The bundler would keep all that they share.
 *
 * @module
 */
export {};
