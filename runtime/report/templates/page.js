
"use strict";
(function () {
  var tip = document.getElementById("tip");
  function said(node) {
    while (node && node.nodeType === 1 && node.tagName !== "svg") {
      var first = node.firstElementChild;
      if (first && first.tagName === "title") {
        node.setAttribute("data-said", first.textContent);
        first.remove();
      }
      if (node.hasAttribute("data-said")) return node.getAttribute("data-said");
      node = node.parentNode;
    }
    return "";
  }
  function show(event) {
    var text = event.target.closest && event.target.closest("svg") ? said(event.target) : "";
    tip.hidden = !text;
    if (!text) return;
    tip.textContent = text;
    var width = document.documentElement.clientWidth;
    var left = Math.min(event.clientX + 14, width - tip.offsetWidth - 8);
    var top = event.clientY - tip.offsetHeight - 12;
    tip.style.left = Math.max(left, 4) + "px";
    tip.style.top = (top < 4 ? event.clientY + 18 : top) + "px";
  }
  document.addEventListener("pointermove", show);
  document.addEventListener("pointerdown", show);
  var closed = [];
  window.addEventListener("beforeprint", function () {
    closed = Array.from(document.querySelectorAll("details:not([open]):not(.extra)"));
    closed.forEach(function (one) { one.open = true; });
  });
  window.addEventListener("afterprint", function () {
    closed.forEach(function (one) { one.open = false; });
  });
})();
