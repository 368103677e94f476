#!/usr/bin/env bash
# Puts the whole system into one Google Cloud project. Run again, it changes only what has changed.
#
#   ./deploy.sh                  everything
#   ./deploy.sh --only webhook   one function: its code, settings and secrets
#   ./deploy.sh verify           ask the functions and the page whether they answer as they should
#   ./deploy.sh destroy          remove everything but Firestore; asks first, never deletes an order
#   --dry-run                    with any of these: print every command in order, run none (no account, no network)
#
# Settings come from .env (docs/deploy.md); a variable of the shell wins over the file.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

readonly FUNCTIONS=(create_order webhook order_status reconcile)
readonly APIS=(run cloudbuild artifactregistry firestore firebaserules secretmanager cloudscheduler storage
  logging monitoring iam)
readonly LABEL=app=coffee-payments
readonly CHANNEL='Coffee payments: operators'
readonly DASHBOARD='Coffee payments: problem devices'
# The version that the locked requirements are tested with and that Cloud Run keeps patching by itself.
readonly BASE_IMAGE=python312

# What is staged and generated on the way.
build=${DEPLOY_BUILD:-build}

action=deploy
only=
dry_run=

# Of .env and what follows from it, as `deployment settings` tells them.
project='' database='' location='' region='' bucket='' page='' webhook='' email='' warm=''
create_order_url='' order_status_url='' reconcile_url=''

usage() {
  sed -n '2,11s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
}

fail() {
  echo "deploy.sh: $*" >&2
  exit 1
}

read_arguments() {
  while [ $# -gt 0 ]; do
    case $1 in
      --dry-run) dry_run=1 ;;
      --only)
        only=${2:-}
        case " ${FUNCTIONS[*]} " in
          *" $only "*) shift ;;
          *) fail "--only takes one of: ${FUNCTIONS[*]}" ;;
        esac
        ;;
      verify | destroy) action=$1 ;;
      -h | --help) usage && exit 0 ;;
      *) usage >&2 && fail "unknown argument: $1" ;;
    esac
    shift
  done
}

# --- Saying and doing ------------------------------------------------------------------------------------------

step() {
  printf '\n# === %s\n' "$*"
}

say() { # COMMENT COMMAND...: one line that can be pasted into a shell
  local comment=$1 word line=
  shift
  for word in "$@"; do
    case $word in
      '' | *[!A-Za-z0-9_./:=,@%+~-]*) line+=" '${word//\'/\'\\\'\'}'" ;;
      *) line+=" $word" ;;
    esac
  done
  printf '%s%s\n' "${line# }" "${comment:+  # $comment}"
}

# Every change goes through here: printed always, carried out unless this is a dry run.
run() {
  say '' "$@"
  [ -n "$dry_run" ] || "$@"
}

# The same, patiently: a service account or a metric that was made a moment ago is not known everywhere yet.
run_patiently() {
  local try
  say '' "$@"
  [ -z "$dry_run" ] || return 0
  for try in 1 2 3 4 5 6; do
    "$@" && return 0
    echo "# Try $try did not succeed; again in 10 s" >&2
    sleep 10
  done
  "$@"
}

# True when the thing is there already. In a dry run the question is printed, and nothing is there.
is_there() {
  if [ -n "$dry_run" ]; then
    say 'is it there already?' "$@"
    return 1
  fi
  "$@" >/dev/null 2>&1
}

# What a question answers; in a dry run it is printed (aside: standard output is the answer) and answered by $1.
ask() { # EXAMPLE COMMAND...
  local example=$1
  shift
  if [ -n "$dry_run" ]; then
    say 'asked for' "$@" >&3
    printf '%s' "$example"
  else
    "$@"
  fi
}

deployment() {
  "$python" -m shared.operations.deployment "$@"
}

# --- Settings --------------------------------------------------------------------------------------------------

find_python() {
  python=${PYTHON:-}
  [ -n "$python" ] || { [ -x .venv/bin/python ] && python=.venv/bin/python; } || python=python3
  "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ||
    fail "Python 3.11 or newer is needed (PYTHON=/path/to/python ./deploy.sh)"
}

read_settings() {
  find_python
  export PYTHONPATH=$PWD DEPLOY_DRY_RUN=$dry_run
  [ "$action" = destroy ] || deployment check || fail "mend the settings above in .env (docs/deploy.md)"
  take_settings
  [ -n "$project" ] || fail "GOOGLE_CLOUD_PROJECT is not set"
  [ -n "$dry_run" ] || command -v gcloud >/dev/null ||
    fail "gcloud is missing: install the Google Cloud CLI, then run gcloud auth login"
  # Every command means this project, whatever gcloud is set to.
  export CLOUDSDK_CORE_PROJECT=$project CLOUDSDK_CORE_DISABLE_PROMPTS=1
  step "Project $project, region $region"
  DEPLOY_PROJECT_NUMBER=$(ask PROJECT_NUMBER gcloud projects describe "$project" '--format=value(projectNumber)')
  export DEPLOY_PROJECT_NUMBER
  take_settings
}

take_settings() {
  local all name value
  all=$(deployment settings)
  while IFS='=' read -r name value; do
    printf -v "$name" %s "$value"
  done <<<"$all"
}

account() { # NAME -> e-mail address of our service account
  echo "coffee-$1@$project.iam.gserviceaccount.com"
}

service() { # FUNCTION -> name of its Cloud Run service, which knows no underscores
  echo "${1//_/-}"
}

secret() { # VARIABLE -> name of its secret
  echo "coffee-$1" | tr 'A-Z_' 'a-z-'
}

# --- The parts -------------------------------------------------------------------------------------------------

enable_apis() {
  step "APIs"
  run gcloud services enable "${APIS[@]/%/.googleapis.com}"
}

make_database() {
  local line all
  step "Firestore: database, indexes, expiry of old orders, rules"
  # Protected from deletion, with a week of history to recover from: orders are money.
  is_there gcloud firestore databases describe "--database=$database" ||
    run gcloud firestore databases create "--database=$database" "--location=$location" \
      --type=firestore-native --delete-protection --enable-pitr
  all=$(deployment indexes)
  while read -r line; do
    # shellcheck disable=SC2086  # a line of plain words, made by index_commands
    set -- gcloud firestore $line "--database=$database"
    if [[ $line == *composite* ]] && is_index_there; then continue; fi
    run "$@"
  done <<<"$all"
  say "its output is piped into shared.operations.rules, which puts firestore.rules in force" \
    gcloud auth print-access-token
  [ -n "$dry_run" ] || gcloud auth print-access-token | "$python" -m shared.operations.rules "$project" "$database"
}

is_index_there() {
  [ -n "$(ask '' gcloud firestore indexes composite list "--database=$database" \
    '--filter=fields.fieldPath:needs_attention AND fields.fieldPath:created_at' '--format=value(name)')" ]
}

make_account() { # NAME PURPOSE
  is_there gcloud iam service-accounts describe "$(account "$1")" ||
    run gcloud iam service-accounts create "coffee-$1" "--display-name=Coffee payments: $2"
}

grant() { # ROLE ACCOUNT: a role in the whole project
  run_patiently gcloud projects add-iam-policy-binding "$project" "--member=serviceAccount:$(account "$2")" \
    "--role=$1" --condition=None --format=none
}

# Without a builder of our own, builds run as the Compute Engine account, which may edit the whole project.
make_builder() {
  step "Builder"
  make_account build "builds functions"
  grant roles/run.builder build
}

put_secret() { # VARIABLE: its value goes from .env into Secret Manager by pipe, never through an argument
  local name
  name=$(secret "$1")
  is_there gcloud secrets describe "$name" ||
    run gcloud secrets create "$name" --replication-policy=automatic "--labels=$LABEL"
  if [ -z "$dry_run" ] && cmp -s <(deployment value "$1") \
    <(gcloud secrets versions access latest "--secret=$name" 2>/dev/null); then
    return
  fi
  say "the value of $1 comes by standard input" gcloud secrets versions add "$name" --data-file=-
  [ -n "$dry_run" ] || deployment value "$1" | gcloud secrets versions add "$name" --data-file=-
}

put_secrets() { # FUNCTION...: those that these functions read
  local variable all
  step "Secrets"
  all=$(deployment secrets "$@")
  while read -r variable; do
    [ -z "$variable" ] || put_secret "$variable"
  done <<<"$all"
}

# How much of everything. One CPU serves many requests, because they wait for Firestore, Tmetr or a provider most of
# the time; THREADS of functions-framework equals --concurrency, else requests would queue inside the instance.
# Memory: a process with gRPC needs about 150 MB, the rest is for requests. Timeouts stand above the longest wait of
# the code itself (a make command 8 s, a provider's call 10 s; reconcile answers within 45 s), so that nothing is cut
# off between two steps. --cpu-boost shortens cold starts, which a customer waits for. --max-instances bounds the
# bill and what reaches Tmetr; two instances of reconcile are safe but of no use.
sizes_of() { # FUNCTION -> concurrency timeout max-instances min-instances
  case $1 in
    create_order) echo "16 40 20 $warm" ;;
    webhook) echo "16 40 20 $warm" ;;
    order_status) echo "40 15 20 $warm" ;;
    reconcile) echo "4 60 2 0" ;;
  esac
}

# Anyone may call the three that face customers and providers; reconcile is Cloud Scheduler's alone.
access_of() { # FUNCTION
  if [ "$1" = reconcile ]; then echo --no-allow-unauthenticated; else echo --allow-unauthenticated; fi
}

deploy_function() { # FUNCTION
  local function=$1 name variable all mounted='' folder release flags concurrency timeout most least
  name=$(service "$function")
  step "Function $function"
  make_account "$name" "function $function"
  # order_status only reads; nobody may do anything but read and write documents.
  if [ "$function" = order_status ]; then grant roles/datastore.viewer "$name"; else grant roles/datastore.user "$name"; fi
  all=$(deployment secrets "$function")
  while read -r variable; do
    [ -n "$variable" ] || continue
    run_patiently gcloud secrets add-iam-policy-binding "$(secret "$variable")" \
      "--member=serviceAccount:$(account "$name")" --role=roles/secretmanager.secretAccessor --format=none
    # A numbered version: two instances of one revision never work with different keys.
    mounted+=",$variable=$(secret "$variable"):$(ask latest gcloud secrets versions describe latest \
      "--secret=$(secret "$variable")" '--format=value(name.basename())')"
  done <<<"$all"

  read -r concurrency timeout most least < <(sizes_of "$function")
  folder=$(deployment stage "$function" "$build" "$concurrency")
  flags=("--function=$function" "--base-image=$BASE_IMAGE" "--region=$region"
    "--service-account=$(account "$name")"
    "--build-service-account=projects/$project/serviceAccounts/$(account build)"
    --cpu=1 --memory=512Mi --cpu-boost "--concurrency=$concurrency" "--timeout=$timeout"
    "--min-instances=$least" "--max-instances=$most" --ingress=all "$(access_of "$function")"
    "--env-vars-file=$build/$function.env.yaml")
  if [ -n "$mounted" ]; then flags+=("--set-secrets=${mounted#,}"); else flags+=(--clear-secrets); fi
  release=$({ printf '%s\n' "${flags[@]}" && cat "$build/$function.env.yaml"; } | deployment digest "$folder")
  if [ "$(ask '' gcloud run services describe "$name" "--region=$region" \
    '--format=value(metadata.labels.release)' 2>/dev/null)" = "$release" ]; then
    echo "# $function is deployed as it is here: nothing to do"
    return
  fi
  run gcloud run deploy "$name" "--source=$folder" "${flags[@]}" "--labels=$LABEL,release=$release" --quiet
}

schedule_reconcile() {
  local verb=update
  step "Cloud Scheduler: reconcile, once a minute"
  make_account scheduler "calls reconcile"
  run_patiently gcloud run services add-iam-policy-binding reconcile "--region=$region" \
    "--member=serviceAccount:$(account scheduler)" --role=roles/run.invoker --format=none
  is_there gcloud scheduler jobs describe coffee-reconcile "--location=$region" || verb=create
  # No retries: the next minute is one. The deadline stands above the 45 s within which reconcile answers.
  run gcloud scheduler jobs "$verb" http coffee-reconcile "--location=$region" '--schedule=* * * * *' \
    --time-zone=Etc/UTC "--uri=$reconcile_url/" --http-method=POST --attempt-deadline=60s --max-retry-attempts=0 \
    "--oidc-service-account-email=$(account scheduler)" "--oidc-token-audience=$reconcile_url"
}

publish_page() {
  step "The page"
  is_there gcloud storage buckets describe "gs://$bucket" ||
    run gcloud storage buckets create "gs://$bucket" "--location=$region" --uniform-bucket-level-access
  # Files can be read by name; nobody can list them. No CORS: the page loads nothing from elsewhere, and the
  # functions themselves allow its origin.
  run gcloud storage buckets update "gs://$bucket" --clear-cors
  run_patiently gcloud storage buckets add-iam-policy-binding "gs://$bucket" --member=allUsers \
    --role=roles/storage.legacyObjectReader --format=none
  rm -rf "$build/page"
  mkdir -p "$build/page"
  cp static_site/* "$build/page/"
  rm "$build/page/index.html"
  # Modules first and the entry last, so that no visitor gets a new page with old modules. They are kept for five
  # minutes, which covers one purchase; index.html and config.js are asked for each time (and answered 304).
  run gcloud storage cp "$build/page/*" "gs://$bucket/" --gzip-local=js,css,svg '--cache-control=public, max-age=300'
  deployment page-config >"$build/page/config.js"
  cp static_site/index.html "$build/page/"
  run gcloud storage cp "$build/page/config.js" "$build/page/index.html" "gs://$bucket/" --gzip-local=js,html \
    '--cache-control=no-cache'
}

# --- Watching --------------------------------------------------------------------------------------------------

named() { # KIND DISPLAY-NAME -> resource name of an alert policy, channel or dashboard of ours, if it is there
  case $1 in
    policies) set -- "$2" gcloud alpha monitoring policies list ;;
    channels) set -- "$2" gcloud beta monitoring channels list ;;
    dashboards) set -- "$2" gcloud monitoring dashboards list ;;
  esac
  ask '' "${@:2}" "--filter=displayName=\"$1\"" '--format=value(name)'
}

make_metrics() {
  local file name verb
  step "Log-based metrics"
  for file in docs/monitoring/metrics/*.json; do
    name=$(basename "$file" .json)
    verb=update
    is_there gcloud logging metrics describe "$name" || verb=create
    run gcloud logging metrics "$verb" "$name" "--config-from-file=$file"
  done
}

make_channel() { # sets the caller's `channel`
  [ -n "$email" ] || return 0
  channel=$(named channels "$CHANNEL")
  [ -z "$channel" ] || return 0
  say '' gcloud beta monitoring channels create --type=email "--display-name=$CHANNEL" \
    "--channel-labels=email_address=$email" '--format=value(name)'
  channel=projects/$project/notificationChannels/CHANNEL
  [ -n "$dry_run" ] || channel=$(gcloud beta monitoring channels create --type=email "--display-name=$CHANNEL" \
    "--channel-labels=email_address=$email" '--format=value(name)')
}

make_alerts() {
  local file title policy all channel=
  step "Alerts"
  make_channel
  all=$(deployment policies "$build" "$channel")
  while IFS=$'\t' read -r file title; do
    policy=$(named policies "$title")
    if [ -n "$policy" ]; then
      run gcloud alpha monitoring policies update "$policy" "--policy-from-file=$file"
    else
      run_patiently gcloud alpha monitoring policies create "--policy-from-file=$file"
    fi
  done <<<"$all"
}

make_dashboard() {
  local dashboard etag=
  step "Dashboard of problem devices"
  dashboard=$(named dashboards "$DASHBOARD")
  [ -z "$dashboard" ] || etag=$(gcloud monitoring dashboards describe "$dashboard" '--format=value(etag)')
  deployment dashboard docs/monitoring/dashboard.json "$etag" >"$build/monitoring/dashboard.json"
  if [ -n "$dashboard" ]; then
    run gcloud monitoring dashboards update "$dashboard" "--config-from-file=$build/monitoring/dashboard.json"
  else
    run gcloud monitoring dashboards create "--config-from-file=$build/monitoring/dashboard.json"
  fi
}

# --- Verify ----------------------------------------------------------------------------------------------------

expect() { # WHAT HTTP-STATUS CURL-ARGUMENTS...
  local what=$1 expected=$2 answer
  shift 2
  say "$what: $expected" curl "$@"
  [ -z "$dry_run" ] || return 0
  answer=$(curl --silent --show-error --max-time 30 --output /dev/null --write-out '%{http_code}' "$@") || answer=none
  [ "$answer" = "$expected" ] || fail "$what answered $answer instead of $expected"
}

verify() {
  local origin unknown=00000000
  step "Verify: each function answers, down to Firestore"
  origin=$(printf '%s' "$page" | cut -d/ -f1-3)
  expect "the page" 200 "$page"
  expect "order_status, an unknown order" 404 "$order_status_url/?order_id=$unknown"
  expect "create_order, an unknown order" 404 "$create_order_url/pay" \
    --header 'Content-Type: application/json' --data "{\"order_id\":\"$unknown\"}"
  expect "create_order, asked by the page" 204 "$create_order_url/" --request OPTIONS --header "Origin: $origin"
  expect "webhook, an unknown order" 404 "$webhook/check" --data "{\"order_id\":\"$unknown\"}"
  expect "reconcile, to a stranger" 403 "$reconcile_url/" --request POST
}

tell_addresses() {
  step "Addresses to enter elsewhere (docs/deploy.md)"
  cat <<ADDRESSES
# QR codes of the machines:   $create_order_url/
# YooKassa notifications:     $webhook/yookassa
# T-Bank notifications:       sent with each payment, nothing to enter ($webhook/tbank)
# Tmetr reports:              $webhook/tmetr
# The page:                   $page
ADDRESSES
}

# --- Destroy ---------------------------------------------------------------------------------------------------

confirm() {
  local answer
  cat <<WARNING
This removes the functions, the page, the schedule, the alerts, the secrets and the service accounts of project
$project. Customers will not be able to pay, and notifications of payments under way will be lost.
Firestore stays: orders, devices, merchants.
WARNING
  [ -z "$dry_run" ] || return 0
  printf 'Type the name of the project to go on: '
  read -r answer || answer=
  [ "$answer" = "$project" ] || fail "nothing was removed"
}

remove() { # COMMAND...: what is gone already is no failure
  say '' "$@"
  [ -n "$dry_run" ] || "$@" || echo "# was not there, or could not be removed"
}

remove_named() { # KIND DISPLAY-NAME COMMAND...
  local found
  found=$(named "$1" "$2")
  [ -z "$dry_run" ] || found=NAME
  [ -z "$found" ] || remove "${@:3}" "$found" --quiet
}

destroy() {
  local function variable file title all
  confirm
  step "Destroy"
  remove gcloud scheduler jobs delete coffee-reconcile "--location=$region" --quiet
  for function in "${FUNCTIONS[@]}"; do
    remove gcloud run services delete "$(service "$function")" "--region=$region" --quiet
  done
  all=$(deployment policies "$build" '')
  while IFS=$'\t' read -r file title; do
    remove_named policies "$title" gcloud alpha monitoring policies delete
  done <<<"$all"
  remove_named channels "$CHANNEL" gcloud beta monitoring channels delete
  remove_named dashboards "$DASHBOARD" gcloud monitoring dashboards delete
  for file in docs/monitoring/metrics/*.json; do
    remove gcloud logging metrics delete "$(basename "$file" .json)" --quiet
  done
  remove gcloud storage rm --recursive "gs://$bucket" --quiet
  for variable in $(deployment all-secrets); do
    remove gcloud secrets delete "$(secret "$variable")" --quiet
  done
  for function in create-order webhook order-status reconcile build scheduler; do
    remove gcloud iam service-accounts delete "$(account "$function")" --quiet
  done
}

deploy() {
  local function
  if [ -n "$only" ]; then
    put_secrets "$only"
    deploy_function "$only"
    return
  fi
  enable_apis
  make_database
  make_builder
  put_secrets "${FUNCTIONS[@]}"
  for function in "${FUNCTIONS[@]}"; do deploy_function "$function"; done
  schedule_reconcile
  publish_page
  make_metrics
  make_alerts
  make_dashboard
  verify
  tell_addresses
}

main() {
  exec 3>&1
  read_arguments "$@"
  read_settings
  "$action"
  if [ -n "$dry_run" ]; then step "A dry run: nothing was changed in the cloud"; fi
}

main "$@"
