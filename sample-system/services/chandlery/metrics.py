"""Every metric of the system, in one place."""

from prometheus_client import Counter, Gauge, Histogram

REQUESTS = Counter("chandlery_http_requests", "Requests answered.", ["method", "route", "status"])
REQUEST_SECONDS = Histogram(
    "chandlery_http_request_seconds",
    "Time from request to response.",
    ["method", "route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)
IN_FLIGHT = Gauge("chandlery_http_in_flight", "Requests being worked on.")
DRAINING = Gauge("chandlery_draining", "1 from SIGTERM until exit.")
MESSAGES = Counter("chandlery_messages", "Messages taken from the broker.", ["service", "outcome"])
REDELIVERED = Counter("chandlery_messages_redelivered", "Messages delivered once more.", ["service"])
DUPLICATES_SUPPRESSED = Counter(
    "chandlery_duplicates_suppressed", "Second deliveries that had no second effect.", ["where"]
)
PUBLISHED = Counter("chandlery_outbox_published", "Outbox rows the broker has acknowledged.", ["database"])
OUTBOX_UNSENT = Gauge("chandlery_outbox_unsent", "Outbox rows not yet sent.", ["database"])
OUTBOX_OLDEST_SECONDS = Gauge("chandlery_outbox_oldest_seconds", "Age of its oldest row.", ["database"])
DEAD_LETTERS = Gauge("chandlery_dead_letters", "Messages in the dead-letter stream.")
ORDER_STATES = Counter("chandlery_order_transitions", "States that orders entered.", ["state"])
ORDERS_OPEN = Gauge("chandlery_orders_open", "Orders in a state that is not terminal.")
RESENT = Counter("chandlery_saga_resent", "Saga commands repeated because no reply came.")
