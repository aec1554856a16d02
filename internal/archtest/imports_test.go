package archtest_test

import (
	"fmt"
	"slices"
	"strings"
)

// checkTable compares the table with the tree: each package in one place, and
// no place without a package.
func checkTable(t *tree, p policy) (found []finding) {
	for _, name := range t.order {
		if p.of(name) == unplaced {
			found = append(found, finding{t.at(t.pkgs[name].files[0].ast.Package), fmt.Sprintf(
				"package %s has no floor: add the line %q under its floor in policyText of %s", shown(name), "\t"+shown(name), policyFile)})
		}
	}
	for _, name := range p.packages() {
		if t.pkgs[name] == nil {
			found = append(found, finding{policyFile, fmt.Sprintf(
				"policyText line %d places %s, which does not exist: remove the line", p.lines[name], shown(name))})
		}
	}
	return found
}

// checkFloors holds imports to the order of the floors.
func checkFloors(t *tree, p policy) (found []finding) {
	used := map[string]bool{}
	for f := range t.linked {
		from := p.of(f.pkg.path)
		for _, in := range f.imports {
			target, ok := t.inside(in.path)
			to := p.of(target)
			if !ok || from == unplaced || to == unplaced || to < from {
				continue
			}
			if slices.Contains(p.same[f.pkg.path], target) {
				used[f.pkg.path+" -> "+target] = true
				continue
			}
			found = append(found, finding{t.at(in.pos), fmt.Sprintf(
				"%s (floor %d) imports %s (floor %d): a package imports only from floors below its own; "+
					"pass the value in, or move the type to the floor that owns the idea", shown(f.pkg.path), from, shown(target), to)})
		}
	}
	for from, targets := range p.same {
		for _, to := range targets {
			if rule := from + " -> " + to; !used[rule] {
				found = append(found, finding{policyFile, fmt.Sprintf("no import uses the exception %q: remove it", rule)})
			}
		}
	}
	return found
}

// checkPrograms keeps programs out of libraries, tests included.
func checkPrograms(t *tree, _ policy) (found []finding) {
	for f := range t.files {
		for _, in := range f.imports {
			if target, ok := t.inside(in.path); ok && isProgram(target) && !isProgram(f.pkg.path) {
				found = append(found, finding{t.at(in.pos), fmt.Sprintf(
					"%s imports %s: nothing below cmd imports cmd; move what both need into a package of floor 5", shown(f.pkg.path), target)})
			}
		}
	}
	return found
}

func isProgram(path string) bool { return path == "cmd" || strings.HasPrefix(path, "cmd/") }

// checkConfined holds the packages of the confined list to their places.
func checkConfined(t *tree, _ policy) (found []finding) {
	for f := range t.linked {
		for _, in := range f.imports {
			for _, c := range confined {
				if !strings.HasPrefix(in.path, c.prefix) || listed(c.in, f.pkg.path) {
					continue
				}
				found = append(found, finding{t.at(in.pos), fmt.Sprintf(
					"%s imports %s, which only %s may: %s", shown(f.pkg.path), in.path, strings.Join(c.in, ", "), c.reason)})
			}
		}
	}
	return found
}

// listed reports whether the list names the package or a folder above it.
func listed(list []string, path string) bool {
	return slices.ContainsFunc(list, func(entry string) bool {
		return entry == path || strings.HasSuffix(entry, "/") && strings.HasPrefix(path, entry)
	})
}

// checkRootModules walks what the root package links and holds the external
// modules in it to rootModules.
func checkRootModules(t *tree, _ policy) (found []finding) {
	via := map[string]string{rootPath: shown(rootPath)} // package -> the chain of imports that leads to it
	for queue := []string{rootPath}; len(queue) > 0; queue = queue[1:] {
		for f := range t.linked {
			if f.pkg.path != queue[0] {
				continue
			}
			for _, in := range f.imports {
				if target, ok := t.inside(in.path); ok && via[target] == "" {
					via[target] = via[f.pkg.path] + " -> " + target
					queue = append(queue, target)
				}
				if mod, ok := t.external(in.path); ok && !slices.Contains(rootModules, mod) {
					found = append(found, finding{t.at(in.pos), fmt.Sprintf(
						"the root links %s (%s -> %s): write it with the standard library, or move it to an adapter on floor 5; "+
							"rootModules in %s lists the modules allowed", mod, via[f.pkg.path], in.path, policyFile)})
				}
			}
		}
	}
	return found
}

// shown names a package for people.
func shown(path string) string {
	if path == rootPath {
		return "helix"
	}
	return path
}
