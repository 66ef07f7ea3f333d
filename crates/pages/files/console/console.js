"use strict";

SwaggerUIBundle({
  dom_id: "#console",
  // Beside the page, so under whatever prefix or proxy it is served.
  url: "openapi.json",
  deepLinking: true,
  displayRequestDuration: true,
  tryItOutEnabled: true,
  // Tokens are forgotten with the page.
  persistAuthorization: false,
  // The usual one is a service of somebody else.
  validatorUrl: null,
});
