// Keeps the application's own files, so that it starts without a network. The build lists them in
// service-worker-assets.js, each with its hash, and writes the version of that list at the end of
// this file: a new version is a new worker with a cache of its own. Whatever is not in the list, the
// API above all, goes to the network untouched.

self.importScripts('./service-worker-assets.js');

const CACHE_PREFIX = 'app-';
const CACHE = CACHE_PREFIX + self.assetsManifest.version;
const BASE = new URL('./', self.location).href;
const SHELL = new URL('index.html', BASE).href;

const assets = self.assetsManifest.assets.filter(({ url }) => isNeeded(url));
const urls = new Set(assets.map(({ url }) => new URL(url, BASE).href));

self.addEventListener('install', event => event.waitUntil(install()));
self.addEventListener('activate', event => event.waitUntil(activate()));
self.addEventListener('message', event => {
  if (event.data === 'activate') self.skipWaiting();
});
self.addEventListener('fetch', event => {
  const { request } = event;
  if (request.method !== 'GET') return;
  const url = request.url.split(/[?#]/, 1)[0];
  if (urls.has(url)) {
    event.respondWith(respond(request, url));
  } else if (isPageOfTheApp(request, url)) {
    event.respondWith(respond(request, SHELL));
  }
});

// All or nothing: a file that is missing or does not match its hash fails the installation, and the
// version before it stays. The HTTP cache may answer; the page has just filled it.
async function install() {
  const cache = await caches.open(CACHE);
  await cache.addAll(assets.map(({ url, hash }) => new Request(new URL(url, BASE), { integrity: hash })));
}

async function activate() {
  const names = await caches.keys();
  await Promise.all(names.filter(name => name.startsWith(CACHE_PREFIX) && name !== CACHE).map(name => caches.delete(name)));
  await self.clients.claim();
}

async function respond(request, url) {
  const cache = await caches.open(CACHE);
  return await cache.match(url) ?? await fetch(request);
}

// A page of the app has no extension. Navigations to files, to the API and to the app beside it are somebody else's.
function isPageOfTheApp(request, url) {
  const path = url.slice(BASE.length);
  return request.mode === 'navigate' && url.startsWith(BASE) && !path.startsWith('api/') && !path.startsWith('compare/') && !/\.[^/]+$/.test(path);
}

// Of its three ICU files the runtime reads one. It chooses by the browser's language, exactly like this.
function isNeeded(url) {
  const shard = /icudt_(\w+)\./.exec(url)?.[1];
  if (!shard) return true;
  const locale = navigator.languages[0];
  const language = locale.split('-')[0];
  if (language === 'en' || ['fr', 'fr-FR', 'it', 'it-IT', 'de', 'de-DE', 'es', 'es-ES'].includes(locale)) return shard === 'EFIGS';
  return shard === (['zh', 'ko', 'ja'].includes(language) ? 'CJK' : 'no_CJK');
}
