// The OpenAPI document as Swagger UI shows it; the plain list of addresses stays for those without JavaScript.

const place = document.querySelector("#swagger-ui");

const show = async () => {
  const answer = await fetch(place.dataset.src);
  const spec = await answer.json();
  // The browser may know this site by another name than the document says.
  spec.servers = [{ url: new URL(place.dataset.server, location.href).href }];
  window.SwaggerUIBundle({
    spec,
    domNode: place,
    docExpansion: "none",
    defaultModelsExpandDepth: -1,
    defaultModelRendering: "model",
    displayRequestDuration: true,
    supportedSubmitMethods: ["get"],
    validatorUrl: null,
  });
  document.querySelector("#alamat-layanan").hidden = true;
};

if (place && window.SwaggerUIBundle) show();
