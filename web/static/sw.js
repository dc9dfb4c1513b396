// Brings the page to the front when one of its notifications is clicked. It keeps no copy of the page.
addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil((async () => {
    const [page] = await clients.matchAll({ type: "window", includeUncontrolled: true });
    await (page === undefined ? clients.openWindow("/") : page.focus());
  })());
});
