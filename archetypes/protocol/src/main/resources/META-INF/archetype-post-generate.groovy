// SPDX-License-Identifier: Apache-2.0
// Keeps the files of the kind that was asked for, and moves them up into the package.
import java.nio.file.Files
import java.nio.file.Path

Path project = Path.of(request.outputDirectory, request.artifactId)
String kind = request.properties.getProperty('kind')
String inPackage = request.properties.getProperty('package').replace('.', '/')

['src/main/java', 'src/test/java'].each { sources ->
    Path folder = project.resolve(sources).resolve(inPackage)
    ['stream', 'datagram', 'pipeline'].each { each ->
        Path files = folder.resolve(each)
        if (each == kind) {
            files.toFile().listFiles().each { Files.move(it.toPath(), folder.resolve(it.name)) }
        }
        files.toFile().deleteDir()
    }
}
