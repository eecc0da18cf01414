import { type GithubState, userId } from "./state.ts";

/** Addresses of the objects of one repository. */
export interface Links {
  readonly api: string;
  readonly web: string;
}

/** The addresses under which a repository answers. */
export function linksOf(state: GithubState, apiUrl: string): Links {
  const { owner, name } = state.repository;
  return { api: `${apiUrl}/repos/${owner}/${name}`, web: `https://github.com/${owner}/${name}` };
}

/** GitHub's opaque second name of everything. */
export function nodeId(kind: string, id: number): string {
  return Buffer.from(`${kind}:${id}`).toString("base64url");
}

/** A user, as GitHub shows one inside other objects. */
export function userShape(state: GithubState, login: string, apiUrl: string) {
  const api = `${apiUrl}/users/${login}`;
  const id = userId(state, login);
  return {
    login,
    id,
    node_id: nodeId("User", id),
    avatar_url: `https://avatars.githubusercontent.com/u/${id}`,
    gravatar_id: "",
    url: api,
    html_url: `https://github.com/${login}`,
    followers_url: `${api}/followers`,
    following_url: `${api}/following{/other_user}`,
    gists_url: `${api}/gists{/gist_id}`,
    starred_url: `${api}/starred{/owner}{/repo}`,
    subscriptions_url: `${api}/subscriptions`,
    organizations_url: `${api}/orgs`,
    repos_url: `${api}/repos`,
    events_url: `${api}/events{/privacy}`,
    received_events_url: `${api}/received_events`,
    type: login.endsWith("[bot]") ? "Bot" : "User",
    site_admin: false,
  };
}

const addresses = {
  archive_url: "/{archive_format}{/ref}",
  assignees_url: "/assignees{/user}",
  blobs_url: "/git/blobs{/sha}",
  branches_url: "/branches{/branch}",
  collaborators_url: "/collaborators{/collaborator}",
  comments_url: "/comments{/number}",
  commits_url: "/commits{/sha}",
  compare_url: "/compare/{base}...{head}",
  contents_url: "/contents/{+path}",
  contributors_url: "/contributors",
  deployments_url: "/deployments",
  downloads_url: "/downloads",
  events_url: "/events",
  forks_url: "/forks",
  git_commits_url: "/git/commits{/sha}",
  git_refs_url: "/git/refs{/sha}",
  git_tags_url: "/git/tags{/sha}",
  hooks_url: "/hooks",
  issue_comment_url: "/issues/comments{/number}",
  issue_events_url: "/issues/events{/number}",
  issues_url: "/issues{/number}",
  keys_url: "/keys{/key_id}",
  labels_url: "/labels{/name}",
  languages_url: "/languages",
  merges_url: "/merges",
  milestones_url: "/milestones{/number}",
  notifications_url: "/notifications{?since,all,participating}",
  pulls_url: "/pulls{/number}",
  releases_url: "/releases{/id}",
  stargazers_url: "/stargazers",
  statuses_url: "/statuses/{sha}",
  subscribers_url: "/subscribers",
  subscription_url: "/subscription",
  tags_url: "/tags",
  teams_url: "/teams",
  trees_url: "/git/trees{/sha}",
};

/** The repository, as GitHub shows it inside other objects. */
export function minimalRepository(state: GithubState, apiUrl: string) {
  const { repository } = state;
  const { api, web } = linksOf(state, apiUrl);
  const urls = Object.fromEntries(Object.entries(addresses).map(([key, path]) => [key, `${api}${path}`]));
  return {
    id: repository.id,
    node_id: nodeId("Repository", repository.id),
    name: repository.name,
    full_name: `${repository.owner}/${repository.name}`,
    owner: userShape(state, repository.owner, apiUrl),
    private: true,
    html_url: web,
    description: null,
    fork: false,
    url: api,
    ...urls,
  };
}

/** The repository with everything GitHub says about it. */
export function fullRepository(state: GithubState, apiUrl: string) {
  const { repository } = state;
  const { web } = linksOf(state, apiUrl);
  const counts = ["forks", "forks_count", "network_count", "open_issues", "open_issues_count", "size"];
  const more = ["stargazers_count", "subscribers_count", "watchers", "watchers_count"];
  return {
    ...minimalRepository(state, apiUrl),
    ...Object.fromEntries([...counts, ...more].map((key) => [key, 0])),
    git_url: `git://github.com/${repository.owner}/${repository.name}.git`,
    ssh_url: `git@github.com:${repository.owner}/${repository.name}.git`,
    clone_url: `${web}.git`,
    svn_url: web,
    mirror_url: null,
    homepage: null,
    language: null,
    license: null,
    archived: false,
    disabled: false,
    visibility: "private",
    default_branch: repository.defaultBranch,
    has_issues: true,
    has_projects: false,
    has_downloads: false,
    has_wiki: false,
    has_pages: false,
    has_discussions: false,
    pushed_at: repository.createdAt,
    created_at: repository.createdAt,
    updated_at: repository.createdAt,
  };
}
