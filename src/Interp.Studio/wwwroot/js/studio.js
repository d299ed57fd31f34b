// What the studio has loaded: model, dictionary, atlas. Filled once from the server's health.

/** {model, sae, hook, latents, atlas: {tokens, documents}, version, …}, empty until known. */
export const studio = {};
