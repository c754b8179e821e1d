// Run by Node: what @camptocamp/ogc-client makes of an address of /ogc, as JSON.
import { OgcApiEndpoint } from "@camptocamp/ogc-client";

const [address, collection, item, box] = process.argv.slice(2);
const endpoint = new OgcApiEndpoint(address);
const info = await endpoint.getCollectionInfo(collection);
const said = {
  title: (await endpoint.info).title,
  conformance: (await endpoint.conformanceClasses).length,
  hasFeatures: await endpoint.hasFeatures,
  hasRecords: await endpoint.hasRecords,
  features: await endpoint.featureCollections,
  records: await endpoint.recordCollections,
  tiles: await endpoint.vectorTileCollections,
  info: { title: info.title, bounds: info.boundingBox ?? info.bounds, crs: info.crs, queryables: info.queryables },
  items: (await endpoint.getCollectionItems(collection, 1000, 0, false, null, box.split(",").map(Number))).map((one) => one.id),
  item: await endpoint.getCollectionItem(collection, item),
  url: await endpoint.getCollectionItemsUrl(collection, { limit: 3, asJson: true }),
};
process.stdout.write(JSON.stringify(said));
