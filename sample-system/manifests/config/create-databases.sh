#!/bin/bash
# Runs once, on an empty volume: one database and one owner per service, and the relay, which may enter
# all but is granted only the outbox tables (by the services' migrations).
set -euo pipefail
secrets="${CHANDLERY_SECRETS:-/run/secrets/postgres}"
sql() {
  psql --no-psqlrc --quiet -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres "$@"
}
sql -v "password=$(<"$secrets/relay")" <<< "create role relay login password :'password'"
for name in orders inventory payments ingest; do
  sql -v "name=$name" -v "password=$(<"$secrets/$name")" << 'SQL'
create role :"name" login password :'password';
create database :"name" owner :"name";
revoke all on database :"name" from public;
grant connect on database :"name" to relay;
SQL
done
