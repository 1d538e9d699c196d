"""Secrets by value are found in each form that they come in, and what only looks like one is left alone."""

from __future__ import annotations

import base64

import pytest

from seatrial.declared.rules.secrets import looks_secret
from seatrial.declared.secrets.texts import secret_in, secret_in_file


def mixed(length: int) -> str:
    """Letters and digits as tokens have them; no scanner takes these for real ones."""
    return ("aB3dE5gH7jK9" * 20)[:length]


def hexadecimal(length: int) -> str:
    return ("0a1b2c3d4e5f6789" * 10)[:length]


VALUES = {
    "DB_PASS": "hunter2",
    "PGPASSWORD": "Tr0ub4dor",
    "SMTP_PASSWORD_VALUE": "hunter2",
    "clientSecret": "supersecret",
    "SECRET_KEY_BASE": hexadecimal(64),
    "REDIS_PASSWORD_1": "hunter2",
    "AUTH": "Bearer " + mixed(40),
    "BASIC": "Basic " + base64.b64encode(b"admin:hunter2").decode(),
    "DATABASE_URL": "postgres://app:s3cr3tpw@db:5432/shop",
    "CACHE": "redis://:hunter2@cache:6379/0",
    "DSN": "app:hunter2@tcp(db:3306)/shop",
    "DSN2": "host=db user=app password=hunter2 dbname=shop",
    "MSSQL": "Server=db;Database=shop;User Id=sa;Password=Tr0ub4dor&3;",
    "JDBC": "jdbc:mysql://db/shop?user=app&password=hunter2",
    "JAVA_OPTS": "-Xmx1g -Djavax.net.ssl.trustStorePassword=changeit",
    "AZURE": f"DefaultEndpointsProtocol=https;AccountName=shop;AccountKey={mixed(86)}==",
    "ID": "AKIA" + "B3DE5GH7JK9MNPQR",
    "GH": "ghp_" + mixed(36),
    "GH2": "github_pat_" + mixed(22) + "_" + mixed(59),
    "GL": "glpat-" + mixed(20),
    "SLACK": "xoxb-123456789012-" + mixed(24),
    "HOOK": "https://hooks.slack.com/services/T0000/B0000/" + mixed(24),
    "STRIPE": "sk_live_" + mixed(24),
    "MAIL": f"SG.{mixed(22)}.{mixed(43)}",
    "GOOGLE": "AIza" + mixed(35),
    "NPM": "npm_" + mixed(36),
    "MODEL": "sk-proj-" + mixed(48),
    "JWT": f"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.{mixed(43)}",
    "VAULT": "hvs." + mixed(90),
    "DO": "dop_v1_" + hexadecimal(64),
    "PYPI": "pypi-AgEIcHlwaS5vcmc" + mixed(60),
    "GRAFANA": f"glsa_{mixed(32)}_{hexadecimal(8)}",
    "KEY": "-----BEGIN OPENSSH PRIVATE KEY-----\nabc",
    "DB_PW": "hunter2",
    "OCI_CLI_KEY_CONTENT": mixed(20),
    "TOKEN_SECRET": mixed(20),
    "DBPASS": "hunter2",
    "userpwd": "hunter2",
    "AES_KEY": hexadecimal(64),
    "BASIC_AUTH": "admin:hunter2",
    "NEO4J_AUTH": "neo4j/hunter2",
    "ADMIN": "admin:$apr1$" + mixed(8) + "$" + mixed(22),
    "ADMIN2": "$2y$10$" + mixed(53),
    "SETTINGS": "db:\n  host: db\n  password: hunter2\n",
    "SETTINGS2": '{"db": {"password": "hunter2"}}',
}
COMMANDS = (
    "--db-password=hunter2",
    "--requirepass\nhunter2",
    "redis-server --requirepass hunter2",
    "PGPASSWORD=hunter2 psql -h db",
    "mysql -u root -phunter2 shop",
    "curl -u admin:hunter2 http://x/",
    "redis-cli -a hunter2 ping",
    'curl -H "Authorization: Bearer ' + mixed(40) + '" http://x',
    "kubectl create secret generic x --from-literal=password=hunter2",
    "docker login -u ci -p hunter2 registry.example.com",
    "mongosh -u root -p hunter2",
    "etcdctl --user root:hunter2 get /",
    "mc alias set store http://minio:9000 admin hunter2",
    "rabbitmqctl add_user app hunter2",
    "ldapsearch -D cn=admin -w hunter2 -b dc=x",
    "sqlcmd -S db -U sa -P hunter2",
    "openssl rsa -in k.pem -passin pass:hunter2",
    "htpasswd -bc /etc/users admin hunter2",
    "psql -c \"ALTER USER app WITH PASSWORD 'hunter2'\"",
    "--basic-auth=admin:hunter2",
    "echo hunter2 | docker login -u ci --password-stdin registry.example.com",
    "printf '%s' 'hunter2' | helm registry login -u ci --password-stdin r.example.com",
)
FILES = {
    "application.properties": "spring.datasource.url=jdbc:postgresql://db/x\nspring.datasource.password=hunter2\n",
    "jwt.properties": "server.port=80\njwt.secret=supersecret\n",
    "config.yaml": "db:\n  host: db\n  password: hunter2\n",
    "list.yaml": "users:\n  - password: 'hunter2'  # of app\n",
    "config.json": '{"db": {"password": "hunter2", "host": "db"}}',
    ".pgpass": "db:5432:shop:app:hunter2",
    "redis.conf": "port 6379\nrequirepass hunter2\n",
    "app.ini": "[db]\npassword = hunter2\n",
    ".env": "MODE=fast\nDB_PASSWORD=hunter2\n",
    "settings.py": 'SECRET_KEY = "jf83hf83jf93kf03kf"\nX = 1\n',
    "config.toml": '[db]\npassword = "hunter2"\n',
    "server.xml": "<server>\n<password>hunter2</password>\n</server>",
    "context.xml": '<a>\n<property name="password" value="hunter2"/>\n</a>',
    "start.sh": "#!/bin/sh\nexport DB_PASSWORD=hunter2\nexec app\n",
    ".netrc": "machine x.example.com login app password hunter2\n",
    "init.sql": "CREATE USER app IDENTIFIED BY 'hunter2';\n",
    "roles.sql": "CREATE ROLE app LOGIN PASSWORD 'hunter2';\n",
    ".dockerconfigjson": '{"auths": {"r.io": {"auth": "YWRtaW46aHVudGVyMg=="}}}',
    "config.php": "<?php\n$db_password = 'hunter2';\n",
    "wp-config.php": "define( 'DB_PASSWORD', 'hunter2' );\n",
    "config.js": "const apiToken = 'a1b2c3d4';\n",
    "users.yaml": "users:\n- {name: app, password: hunter2}\n",
    "userlist.txt": '"app" "hunter2"\n',
    "pgbouncer/userlist.txt": '"app" "md5' + hexadecimal(32) + '"\n',
    "htpasswd": "admin:$apr1$" + mixed(8) + "$" + mixed(22) + "\n",
    "shadow": "root:$6$" + mixed(16) + "$" + mixed(86) + ":19000:0:99999:7:::\n",
    "haproxy.cfg": "userlist ops\n  user admin insecure-password hunter2\n",
    "keepalived.conf": "authentication {\n  auth_type PASS\n  auth_pass hunter2\n}\n",
    "hibernate.xml": '<a>\n<property name="connection.password">hunter2</property>\n</a>',
    "web.config": '<configuration>\n<add key="ApiKey" value="a1b2c3d4e5" />\n</configuration>',
    "entries.xml": '<a>\n<entry key="db.password">hunter2</entry>\n</a>',
    "key.json": '{"type": "service_account", "private_key": "-----BEGIN PRIVATE KEY-----\\nabc"}',
}
HARMLESS = [
    ("DB_PASS_FILE", "/run/secrets/db"),
    ("PASSWORD_POLICY", "strict"),
    ("TOKEN_TTL", "3600"),
    ("AUTH_SECRET_NAME", "orders-db"),
    ("SECRET_BACKEND", "vault"),
    ("TOKEN_ALGORITHM", "RS256"),
    ("SECRET_ARN", "arn:aws:secretsmanager:eu-west-1:1:secret:x"),
    ("DB_PASSWORD", "arn:aws:secretsmanager:eu-west-1:1:secret:x"),
    ("DB_PASSWORD", "vault:secret/data/db#password"),
    ("DB_PASSWORD", "${DB_PASSWORD}"),
    ("DB_PASSWORD", "{{ .password }}"),
    ("DB_PASSWORD", "<your password>"),
    ("ALLOW_EMPTY_PASSWORD", "yes"),
    ("TLS_SECRET", "orders-tls"),
    ("DB_PASSWORD_SECRET", "orders-db"),
    ("ETCD_INITIAL_CLUSTER_TOKEN", "etcd-cluster-1"),
    ("EOS_TOKEN", "endoftext"),
    ("LICENSE_KEY_SECRET", "newrelic"),
    ("PWA_NAME", "shop"),
    ("CERT_KEY", "tls.key"),
    ("CACHE_KEY", "orders-v2"),
    ("DATABASE_URL", "postgres://app@db:5432/x"),
    ("DATABASE_URL", "postgres://app:$(DB_PASSWORD)@db/x"),
    ("REPOSITORY", "ssh://git@example.com:22/shop.git"),
    ("BYPASS", "a1b2c3"),
    ("COMPASS_URL", "http://compass:8080"),
    ("PASS_THROUGH", "headers"),
    ("TOKENIZER", "bert-base"),
    ("TOKEN_URL", "https://idp/token"),
    ("GIT_SHA", hexadecimal(40)),
    ("IMAGE", "x@sha256:" + hexadecimal(64)),
    ("UUID", "7f3c2a1e-9d4b-4c6e-8a5f-1b2c3d4e5f60"),
    ("JAVA_OPTS", "-Djavax.net.ssl.trustStorePassword=$(PW) -Xmx1g"),
    ("CERTIFICATE", "-----BEGIN CERTIFICATE-----\nMIIB"),
    ("HEADER", "Bearer"),
    ("SHELL_OPTS", "Basic authentication"),
    ("BASIC_AUTH", "enabled"),
    ("BASIC_AUTH_URL", "http://auth:8080"),
    ("BASIC_AUTH", "http://auth:8080/verify"),
    ("BASIC_AUTH", "shop/basic-auth"),
    ("NEO4J_AUTH", "none"),
    ("OVERPASS", "http://overpass:80"),
    ("ENCOMPASS", "north"),
    ("PWD", "/srv/app"),
    ("GATEWAY_SECRET", "shop/orders-tls"),
    ("PRICE", "$5$ or $10$"),
    ("API_KEY", "your-api-key"),
    ("DB_PASSWORD", "REPLACE_ME"),
    ("SECRET_KEY", "__SECRET_KEY__"),
    ("SETTINGS", "db:\n  host: db\n  passwordFile: /run/secrets/db\n"),
]
HARMLESS_COMMANDS = (
    "--db-password-file=/run/secrets/db",
    "--db-password=$(DB_PASSWORD)",
    "--token-ttl=3600",
    "--secret-name=orders",
    "--enable-passthrough=true",
    'redis-cli -a "$REDIS_PASSWORD" ping',
    'curl -H "Authorization: Bearer ${TOKEN}" http://x',
    'curl -u "$U:$P" http://x',
    'mysql -u root -p"$MYSQL_ROOT_PASSWORD" shop',
    "--password-stdin\n--verbose",
    "mkdir -p data\nmysql -h db",
    "mysql -u app\nserver -port 8080",
    "docker run -p 80:8080 web",
    'mongosh -u root -p "$MONGO_PASSWORD"',
    "psql -c \"ALTER USER app WITH PASSWORD '${PW}'\"",
    "--secret=shop/orders-tls",
    'echo "$PASSWORD" | docker login -u ci --password-stdin registry.example.com',
    "cat /run/secrets/pw | docker login -u ci --password-stdin registry.example.com",
)
HARMLESS_FILES = {
    "application.properties": "spring.datasource.password=${DB_PASSWORD}\nx=1\n",
    "a.yaml": "db:\n  passwordFile: /run/secrets/db\n  tokenTtl: 30m\n",
    "b.yaml": "db:\n  existingSecret: orders-db\n  passwordKey: password\n",
    "c.yaml": "tls:\n  secret: orders-tls\n  tokenEndpoint: https://idp/token\n",
    "nginx.conf": "proxy_pass http://backend;\nproxy_pass_header X-Token;\n",
    "redis.conf": "# requirepass foobared\nport 6379\n",
    "rules.json": '{"passwordRules": {"minLength": 12}, "password": ""}',
    "messages.json": '{\n"login.password": "Password",\n"login.token": "Your token here"}',
    "messages.properties": "login.password=Passwort\nlogin.hint=Your password\n",
    "openapi.json": '{"properties": {\n"password": {"type": "string", "format": "password"}}}',
    "pg_hba.conf": "host all all 0.0.0.0/0 password\nhostssl all all all scram-sha-256\n",
    "vault.hcl": 'token_ttl = "20m"\nsecret_shares = 5\n',
    "alert.rules": "groups:\n- expr: sum(rate(token_requests_total[5m]))\n",
    "x.ctmpl": 'a = 1\npassword = {{ with secret "db" }}{{ .Data.password }}{{ end }}\n',
    "fluent.conf": "<match>\npassword \"#{ENV['PW']}\"\n",
    "main.py": 'import os\npassword = os.environ["PW"]\ntoken = request.token\nsecret: str = get()\n',
    "cors.yaml": "allowCredentials: true\ncredentials: same-origin\n",
    "users.sql": "CREATE USER app IDENTIFIED BY '${APP_PASSWORD}';\n",
    "help.txt": "the user types the password 'x' and then\nthe role asks\n",
    "flow.yaml": "users:\n- {name: app, passwordFrom: {secretKeyRef: {name: db, key: password}}}\n",
    "schema.xml": '<a>\n<property name="password">${DB_PASSWORD}</property>\n</a>',
    "userlist.txt": '"app" "${APP_PASSWORD}"\n',
    "haproxy.cfg": "userlist ops\n  user admin password ${HASH}\n",
    "go.sum": f"github.com/x/y v1.2.3 h1:{mixed(43)}=\nx",
}


@pytest.mark.parametrize("name", VALUES)
def test_a_secret_in_a_variable_is_found(name: str) -> None:
    assert looks_secret(name, VALUES[name])


@pytest.mark.parametrize("command", COMMANDS)
def test_a_secret_in_a_command_is_found(command: str) -> None:
    assert secret_in(command)


@pytest.mark.parametrize("name", FILES)
def test_a_secret_in_a_file_is_found(name: str) -> None:
    assert secret_in_file(name, FILES[name])


@pytest.mark.parametrize(("name", "value"), HARMLESS)
def test_a_harmless_variable_is_left_alone(name: str, value: str) -> None:
    assert not looks_secret(name, value)


@pytest.mark.parametrize("command", HARMLESS_COMMANDS)
def test_a_harmless_command_is_left_alone(command: str) -> None:
    assert not secret_in(command)


@pytest.mark.parametrize("name", HARMLESS_FILES)
def test_a_harmless_file_is_left_alone(name: str) -> None:
    assert not secret_in_file(name, HARMLESS_FILES[name])


def test_no_reason_tells_the_secret() -> None:
    reasons = [looks_secret(name, value) for name, value in VALUES.items()]
    reasons += [secret_in(command) for command in COMMANDS]
    assert not [reason for reason in reasons if "hunter2" in reason or mixed(12) in reason]
