// SPDX-License-Identifier: Apache-2.0
// Keeps the files of the kind that was asked for, and moves them up into the package.
import java.nio.file.Files
import java.nio.file.Path

Path project = Path.of(request.outputDirectory, request.artifactId)
List<String> kinds = ['stream', 'datagram', 'pipeline']
String kind = request.properties.getProperty('kind')
String inPackage = request.properties.getProperty('package').replace('.', '/')

if (!kinds.contains(kind)) {
    throw new IllegalArgumentException("kind is '${kind}'; allowed: ${kinds.join(', ')}")
}

['src/main/java', 'src/test/java'].each { sources ->
    Path folder = project.resolve(sources).resolve(inPackage)
    kinds.each { each ->
        Path files = folder.resolve(each)
        if (each == kind) {
            files.toFile().listFiles().each { Files.move(it.toPath(), folder.resolve(it.name)) }
        }
        files.toFile().deleteDir()
    }
}
