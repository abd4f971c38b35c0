// Registers the service worker, and offers a new version once it has been downloaded whole.

const registration = await navigator.serviceWorker?.register('service-worker.js', { updateViaCache: 'none' });
if (registration) {
  const offer = () => {
    // Without a controller this is the first visit: there is no older version to replace.
    if (!registration.waiting || !navigator.serviceWorker.controller) return;
    const banner = document.getElementById('update');
    banner.hidden = false;
    banner.querySelector('button').onclick = () => {
      navigator.serviceWorker.addEventListener('controllerchange', () => location.reload(), { once: true });
      registration.waiting?.postMessage('activate');
    };
  };

  offer();
  registration.addEventListener('updatefound', () => {
    registration.installing?.addEventListener('statechange', offer);
  });
}
