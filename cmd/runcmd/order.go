package runcmd

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/flow/plan"
)

// upstream puts the flows that `after` names before those that name them. A flow
// runs once, however often it is named.
func (s *session) upstream(asked []job) ([]job, error) {
	const visiting, done = 1, 2
	var jobs []job
	seen := map[string]int{}
	var visit func(j job, path []string) error
	visit = func(j job, path []string) error {
		name := j.flow.Name.Value
		path = append(path, name)
		switch seen[name] {
		case visiting:
			return cli.Usagef("flows wait for each other: %s", strings.Join(path, " after "))
		case done:
			return nil
		}
		seen[name] = visiting
		for _, a := range j.flow.After {
			f, err := s.env.Flow(s.project, a.Value)
			if err != nil {
				return fmt.Errorf("flow %s, after: %w", name, err)
			}
			if err := visit(job{flow: f, upstream: true}, path); err != nil {
				return err
			}
		}
		seen[name] = done
		jobs = append(jobs, j)
		return nil
	}
	for _, j := range asked {
		if err := visit(j, nil); err != nil {
			return nil, err
		}
	}
	for i := range jobs {
		for _, j := range asked {
			if jobs[i].flow.Name.Value == j.flow.Name.Value {
				jobs[i].upstream = false
			}
		}
	}
	return jobs, nil
}

// fromPlan reads a plan that `plan --out` wrote. A plan belongs to one version of a
// flow file: when the file has changed since, what it says is not what was looked at.
func (s *session) fromPlan(name string, flows []string) (job, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return job{}, err
	}
	var saved plan.Plan
	if err := json.Unmarshal(data, &saved); err != nil || saved.Flow == "" || saved.Digest == "" {
		return job{}, &cli.UsageError{Message: name + " is not a plan", Hint: "`headgate plan FLOW --out FILE` writes one"}
	}
	asked := saved.Flow
	if len(flows) == 1 {
		asked = flows[0]
	}
	f, err := s.env.Flow(s.project, asked)
	if err != nil {
		return job{}, err
	}
	again := "`headgate plan " + f.Name.Value + " --out " + name + "` plans again"
	switch {
	case f.Name.Value != saved.Flow:
		return job{}, cli.Usagef("%s is a plan of flow %s, not of %s", name, saved.Flow, f.Name.Value)
	case f.Digest() != saved.Digest:
		return job{}, &cli.UsageError{Message: fmt.Sprintf("flow %s has changed since %s was written", saved.Flow, name), Hint: again}
	case s.o.Profile != "" && s.o.Profile != saved.Profile:
		return job{}, &cli.UsageError{Message: fmt.Sprintf("%s was made for profile %q, not %q", name, saved.Profile, s.o.Profile), Hint: again}
	}
	for k, v := range s.params {
		if saved.Params[k] != v {
			return job{}, &cli.UsageError{Message: fmt.Sprintf("%s was made with %s=%q, not %q", name, k, saved.Params[k], v), Hint: again}
		}
	}
	s.profile, s.params = saved.Profile, saved.Params
	return job{flow: f, saved: &saved}, nil
}
